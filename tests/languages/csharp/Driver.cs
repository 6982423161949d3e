// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using CloudPartnerPortal;
using Newtonsoft.Json;
using Line = System.Collections.Generic.Dictionary<string, object>;

static class Driver
{
    static Client Connect(string url, string token)
    {
        var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new Client(http) { BaseUrl = url };
    }

    static async Task<Line> Status(Client client, string publisher, string offer)
    {
        var report = await client.GetOfferStatusAsync(publisher, offer, "2017-10-31");
        var steps = (report.Steps ?? new List<PublicationStep>()).Select(step => new[] { step.Id, step.Status });
        var running = nameof(KnownOfferStatus.Running).Equals(report.Status, StringComparison.OrdinalIgnoreCase);
        return Decoded(report, new object[] { report.Status, steps, running });
    }

    static async Task<Line> List(Client client, string publisher)
    {
        var offers = await client.ListOffersAsync(publisher, "2017-10-31");
        return Decoded(offers, offers.Select(offer => new object[] { offer.Id, offer.Status, offer.Version, offer.ChangedTime }));
    }

    static Line Decoded(object decoded, object read) => new Line { ["decoded"] = decoded, ["read"] = read };

    static Line Failure(int status, ErrorResponse body)
    {
        var code = body?.Error?.Code ?? body?.Product?.ExceptionCode ?? body?.Variant?.ExceptionCode;
        var message = body?.Error?.Message ?? body?.Product?.Error ?? body?.Variant?.Error ?? body?.Message;
        return new Line { ["error"] = new { status, code, message } };
    }

    static void Main()
    {
        var client = Connect(Environment.GetEnvironmentVariable("URL"), Environment.GetEnvironmentVariable("TOKEN"));
        var input = new StreamReader(Console.OpenStandardInput());
        var output = new StreamWriter(Console.OpenStandardOutput());
        for (var text = input.ReadLine(); text != null; text = input.ReadLine())
        {
            var call = text.Split('\t');
            Line line;
            try
            {
                line = (call[1] == "listOffers" ? List(client, call[2]) : Status(client, call[2], call[3])).GetAwaiter().GetResult();
            }
            catch (ApiException e) when (e.StatusCode >= 300) // A status below 300 means that the body can't be decoded.
            {
                line = Failure(e.StatusCode, (e as ApiException<ErrorResponse>)?.Result);
            }
            catch (Exception e)
            {
                line = new Line { ["exception"] = e.GetType().Name + ": " + e.Message.Split('\n')[0] };
            }
            line["case"] = call[0];
            output.WriteLine(JsonConvert.SerializeObject(line));
        }
        output.Flush();
        Exit(0);
    }

    // Ends the process without Mono's normal exit, which aborts the threads of the thread pool and sometimes crashes.
    [DllImport("libc", EntryPoint = "_exit")]
    static extern void Exit(int code);
}
