"""Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format."""

import json
import os
import sys

from cloud_partner_portal import ApiClient, ApiException, Configuration, KnownOfferStatus, OffersApi

url, token = os.environ["URL"], os.environ["TOKEN"]


def main():
    for call in sys.stdin.buffer.read().decode().splitlines():
        case, operation, *ids = call.split("\t")
        try:
            line = {"listOffers": offers, "getOfferStatus": status}[operation](*ids)
        except ApiException as error:  # error.data is the decoded ErrorResponse, or None
            line = error_response(error.status, error.data)
        except Exception as error:
            text = str(error).strip().split("\n")[0]
            line = {"exception": f"{type(error).__name__}: {text}"}
        print(json.dumps({"case": case, **line}, default=str))


api = OffersApi(ApiClient(Configuration(host=url, access_token=token, retries=0)))


def status(publisher, offer):
    report = api.get_offer_status(publisher, offer, api_version="2017-10-31")
    steps = [[step.id, step.status] for step in report.steps or []]
    running = (report.status or "").casefold() == KnownOfferStatus.RUNNING.casefold()
    return {"decoded": report.to_dict(), "read": [report.status, steps, running]}


def offers(publisher):
    offers = api.list_offers(publisher, api_version="2017-10-31")
    read = [[offer.id, offer.status, offer.version, offer.changed_time] for offer in offers]
    return {"decoded": [offer.to_dict() for offer in offers], "read": read}


def error_response(status, body):
    detail, inner = body and body.error, body and (body.product or body.variant)
    code = detail.code if detail else inner and inner.exception_code
    message = detail.message if detail else inner.error if inner else body and body.message
    return {"error": {"status": status, "code": code, "message": message}}


main()
