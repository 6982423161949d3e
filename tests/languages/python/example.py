import os

from cloud_partner_portal import ApiClient, Configuration, OffersApi

api = OffersApi(ApiClient(Configuration(host=os.environ["URL"], access_token=os.environ["TOKEN"])))

for offer in api.list_offers("contoso", api_version="2017-10-31"):
    print(f"{offer.id}: {offer.status}")

report = api.get_offer_status("contoso", "test-vm", api_version="2017-10-31")
print(report.status)
