// The calls that every language makes, through the client; ../README.md says what goes in and what comes out.
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

	"portal"
)

var url, token = os.Getenv("URL"), os.Getenv("TOKEN")

type object = map[string]any

// example: begin
func client() (*portal.OffersAPIService, context.Context) {
	configuration := portal.NewConfiguration()
	configuration.Servers = portal.ServerConfigurations{{URL: url}}
	ctx := context.WithValue(context.Background(), portal.ContextAccessToken, token)
	return portal.NewAPIClient(configuration).OffersAPI, ctx
}

func status(publisher, offer string) object {
	api, ctx := client()
	report, response, err := api.GetOfferStatus(ctx, publisher, offer).ApiVersion("2017-10-31").Execute()
	if err != nil { // response has the HTTP status; it is nil when no answer came
		return failure(response, err)
	}
	steps := []any{}
	for _, step := range report.Steps {
		steps = append(steps, []any{step.Id.Get(), step.Status.Get()})
	}
	running := strings.EqualFold(report.GetStatus(), string(portal.KNOWNOFFERSTATUS_RUNNING))
	return object{"answer": report, "read": []any{report.Status.Get(), steps, running}}
}

// example: end

func offers(publisher string) object {
	api, ctx := client()
	offers, response, err := api.ListOffers(ctx, publisher).ApiVersion("2017-10-31").Execute()
	if err != nil {
		return failure(response, err)
	}
	read := []any{}
	for _, offer := range offers {
		read = append(read, []any{offer.Id, offer.Status.Get(), offer.Version.Get(), offer.ChangedTime.Get()})
	}
	return object{"answer": offers, "read": read}
}

func failure(response *http.Response, err error) object {
	if response == nil || response.StatusCode == http.StatusOK {
		return object{"exception": err.Error()}
	}
	failure := object{"status": response.StatusCode, "code": nil, "message": nil}
	var answer *portal.GenericOpenAPIError
	errors.As(err, &answer)
	if said, ok := answer.Model().(portal.ErrorResponse); ok {
		detail, product, variant := said.Error.Get(), said.Product.Get(), said.Variant.Get()
		switch {
		case detail != nil:
			failure["code"], failure["message"] = detail.Code.Get(), detail.Message.Get()
		case product != nil:
			failure["code"], failure["message"] = product.ExceptionCode.Get(), product.Error.Get()
		case variant != nil:
			failure["code"], failure["message"] = variant.ExceptionCode.Get(), variant.Error.Get()
		default:
			failure["message"] = said.Message.Get()
		}
	}
	return object{"failure": failure}
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
