// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"example.com/acme/portal"
)

var url, token = os.Getenv("URL"), os.Getenv("TOKEN")

type object = map[string]any

func client() (*portal.OffersAPIService, context.Context) {
	configuration := portal.NewConfiguration()
	configuration.Servers = portal.ServerConfigurations{{URL: url}}
	ctx := context.WithValue(context.Background(), portal.ContextAccessToken, token)
	return portal.NewAPIClient(configuration).OffersAPI, ctx
}

func status(publisher, offer string) object {
	api, ctx := client()
	report, response, err := api.GetOfferStatus(ctx, publisher, offer).ApiVersion("2017-10-31").Execute()
	if err != nil {
		return errorResponse(response, err)
	}
	steps := []any{}
	for _, step := range report.Steps {
		steps = append(steps, []any{step.Id.Get(), step.Status.Get()})
	}
	running := strings.EqualFold(report.GetStatus(), string(portal.KNOWNOFFERSTATUS_RUNNING))
	return object{"decoded": report, "read": []any{report.Status.Get(), steps, running}}
}

func offers(publisher string) object {
	api, ctx := client()
	offers, response, err := api.ListOffers(ctx, publisher).ApiVersion("2017-10-31").Execute()
	if err != nil {
		return errorResponse(response, err)
	}
	read := []any{}
	for _, offer := range offers {
		read = append(read, []any{offer.Id, offer.Status.Get(), offer.Version.Get(), offer.ChangedTime.Get()})
	}
	return object{"decoded": offers, "read": read}
}

// errorResponse returns the result for a failed call. response is nil if no response arrived.
func errorResponse(response *http.Response, err error) object {
	if response == nil || response.StatusCode == http.StatusOK {
		return object{"exception": err.Error()}
	}
	result := object{"status": response.StatusCode, "code": nil, "message": nil}
	var apiError *portal.GenericOpenAPIError
	errors.As(err, &apiError)
	if body, ok := apiError.Model().(portal.ErrorResponse); ok {
		detail, product, variant := body.Error.Get(), body.Product.Get(), body.Variant.Get()
		switch {
		case detail != nil:
			result["code"], result["message"] = detail.Code.Get(), detail.Message.Get()
		case product != nil:
			result["code"], result["message"] = product.ExceptionCode.Get(), product.Error.Get()
		case variant != nil:
			result["code"], result["message"] = variant.ExceptionCode.Get(), variant.Error.Get()
		default:
			result["message"] = body.Message.Get()
		}
	}
	return object{"error": result}
}

func main() {
	calls := bufio.NewScanner(os.Stdin)
	for calls.Scan() {
		columns := strings.Split(calls.Text(), "\t")
		var line object
		if columns[1] == "listOffers" {
			line = offers(columns[2])
		} else {
			line = status(columns[2], columns[3])
		}
		line["case"] = columns[0]
		text, err := json.Marshal(line)
		if err != nil {
			text, _ = json.Marshal(object{"case": columns[0], "exception": err.Error()})
		}
		fmt.Println(string(text))
	}
}
