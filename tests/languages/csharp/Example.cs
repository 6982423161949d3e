using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;
using CloudPartnerPortal;

static class Example
{
    static void Main() => Run().GetAwaiter().GetResult();

    static async Task Run()
    {
        var token = Environment.GetEnvironmentVariable("TOKEN");
        var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var client = new Client(http) { BaseUrl = Environment.GetEnvironmentVariable("URL") };

        foreach (var offer in await client.ListOffersAsync("contoso", "2017-10-31"))
            Console.WriteLine($"{offer.Id}: {offer.Status}");

        var report = await client.GetOfferStatusAsync("contoso", "test-vm", "2017-10-31");
        Console.WriteLine(report.Status);
    }
}
