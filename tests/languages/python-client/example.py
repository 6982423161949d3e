import os

from cloud_partner_portal_api_client import AuthenticatedClient
from cloud_partner_portal_api_client.api.offers import get_offer_status, list_offers
from cloud_partner_portal_api_client.models import OfferStatusReport

client = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["TOKEN"])

offers = list_offers.sync("contoso", client=client, api_version="2017-10-31")
if not isinstance(offers, list):  # an ErrorResponse, or None
    raise SystemExit(offers)
for offer in offers:
    print(f"{offer.id}: {offer.status}")

report = get_offer_status.sync("contoso", "test-vm", client=client, api_version="2017-10-31")
if not isinstance(report, OfferStatusReport):
    raise SystemExit(report)
print(report.status)
