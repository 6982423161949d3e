package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/acme/portal"
)

func main() {
	configuration := portal.NewConfiguration()
	configuration.Servers = portal.ServerConfigurations{{URL: os.Getenv("URL")}}
	api := portal.NewAPIClient(configuration).OffersAPI
	ctx := context.WithValue(context.Background(), portal.ContextAccessToken, os.Getenv("TOKEN"))

	offers, _, err := api.ListOffers(ctx, "contoso").ApiVersion("2017-10-31").Execute()
	if err != nil {
		log.Fatal(err)
	}
	for _, offer := range offers {
		fmt.Printf("%s: %s\n", offer.Id, offer.GetStatus())
	}

	report, _, err := api.GetOfferStatus(ctx, "contoso", "test-vm").ApiVersion("2017-10-31").Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.GetStatus())
}
