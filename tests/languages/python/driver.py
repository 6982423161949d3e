"""The calls that every language makes, through the client; ../README.md says what goes in and what comes out."""

import json
import os
import sys

# example: begin
from cloud_partner_portal import ApiClient, ApiException, Configuration, KnownOfferStatus, OffersApi
# example: end

url, token = os.environ["URL"], os.environ["TOKEN"]


def main():
    for call in sys.stdin.buffer.read().decode().splitlines():
        case, operation, *ids = call.split("\t")
        try:
            line = {"listOffers": offers, "getOfferStatus": status}[operation](*ids)
        except Exception as error:
            text = str(error).strip().split("\n")[0]
            line = {"exception": f"{type(error).__name__}: {text}"}
        print(json.dumps({"case": case, **line}, default=str))


# example: begin
api = OffersApi(ApiClient(Configuration(host=url, access_token=token, retries=0)))


def status(publisher, offer):
    try:
        report = api.get_offer_status(publisher, offer, api_version="2017-10-31")
    except ApiException as error:  # error.data is the decoded ErrorResponse, or None
        return failure(error.status, error.data)
    steps = [[step.id, step.status] for step in report.steps or []]
    running = (report.status or "").casefold() == KnownOfferStatus.RUNNING.casefold()
    return {"answer": report.to_dict(), "read": [report.status, steps, running]}
# example: end


def offers(publisher):
    try:
        offers = api.list_offers(publisher, api_version="2017-10-31")
    except ApiException as error:
        return failure(error.status, error.data)
    read = [[offer.id, offer.status, offer.version, offer.changed_time] for offer in offers]
    return {"answer": [offer.to_dict() for offer in offers], "read": read}


def failure(status, said):
    detail, inner = said and said.error, said and (said.product or said.variant)
    code = detail.code if detail else inner and inner.exception_code
    message = detail.message if detail else inner.error if inner else said and said.message
    return {"failure": {"status": status, "code": code, "message": message}}


main()
