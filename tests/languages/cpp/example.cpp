#include <cstdlib>
#include <iostream>
#include "CloudPartnerPortal/api/OffersApi.h"

using namespace CloudPartnerPortal::api;

int main()
{
    auto configuration = std::make_shared<ApiConfiguration>();
    configuration->setBaseUrl(std::getenv("URL"));
    configuration->getDefaultHeaders()["Authorization"] = std::string("Bearer ") + std::getenv("TOKEN");
    OffersApi api(std::make_shared<ApiClient>(configuration));

    for (const auto &offer : api.listOffers("contoso", "2017-10-31").get())
        std::cout << offer->getId() << ": " << (offer->statusIsSet() ? offer->getStatus() : "") << '\n';

    auto report = api.getOfferStatus("contoso", "test-vm", "2017-10-31").get();
    std::cout << (report->statusIsSet() ? report->getStatus() : "") << '\n';
    return 0;
}
