"""Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format."""

import json
import os
import sys

from cloud_partner_portal_api_client.api.offers import list_offers
from cloud_partner_portal_api_client import AuthenticatedClient
from cloud_partner_portal_api_client.api.offers import get_offer_status
from cloud_partner_portal_api_client.models import ErrorResponse, KnownOfferStatus
from cloud_partner_portal_api_client.types import UNSET

url, token = os.environ["URL"], os.environ["TOKEN"]


def main():
    for call in sys.stdin.buffer.read().decode().splitlines():
        case, operation, *ids = call.split("\t")
        try:
            line = {"listOffers": offers, "getOfferStatus": status}[operation](*ids)
        except Exception as error:
            text = str(error).strip().split("\n")[0]
            line = {"exception": f"{type(error).__name__}: {text}"}
        print(json.dumps({"case": case, **line}, default=lambda it: None if it is UNSET else str(it)))


client = AuthenticatedClient(base_url=url, token=token)


def status(publisher, offer):
    response = get_offer_status.sync_detailed(publisher, offer, client=client, api_version="2017-10-31")
    report = response.parsed
    if isinstance(report, ErrorResponse) or report is None:
        return error_response(response.status_code, report)
    steps = [[step.id, step.status] for step in report.steps or []]
    running = (report.status or "").casefold() == KnownOfferStatus.RUNNING.casefold()
    return {"decoded": report.to_dict(), "read": [report.status, steps, running]}


def offers(publisher):
    response = list_offers.sync_detailed(publisher, client=client, api_version="2017-10-31")
    offers = response.parsed
    if isinstance(offers, ErrorResponse) or offers is None:
        return error_response(response.status_code, offers)
    read = [[offer.id, offer.status, offer.version, offer.changed_time] for offer in offers]
    return {"decoded": [offer.to_dict() for offer in offers], "read": read}


def error_response(status, body):
    detail, inner = body and body.error, body and (body.product or body.variant)
    code = detail.code if detail else inner and inner.exception_code
    message = detail.message if detail else inner.error if inner else body and body.message
    return {"error": {"status": status, "code": code, "message": message}}


main()
