// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <boost/algorithm/string.hpp>
#include "CloudPartnerPortal/api/OffersApi.h"
#include "CloudPartnerPortal/model/KnownOfferStatus.h"

using namespace CloudPartnerPortal::api;
using namespace CloudPartnerPortal::model;
using web::json::value;

value decoded(const value &model, const std::vector<value> &read)
{
    return value::object({{"decoded", model}, {"read", value::array(read)}});
}

OffersApi connect(const std::string &url, const std::string &token)
{
    auto configuration = std::make_shared<ApiConfiguration>();
    configuration->setBaseUrl(url);
    configuration->getDefaultHeaders()["Authorization"] = "Bearer " + token;
    return OffersApi(std::make_shared<ApiClient>(configuration));
}

value status(const OffersApi &api, const std::string &publisher, const std::string &offer)
{
    auto report = api.getOfferStatus(publisher, offer, "2017-10-31").get();
    std::vector<value> steps;
    if (report->stepsIsSet()) // getSteps() of an absent property aborts the program.
        for (const auto &step : report->getSteps())
            steps.push_back(value::array({value::string(step->idIsSet() ? step->getId() : ""),
                                          value::string(step->statusIsSet() ? step->getStatus() : "")}));
    KnownOfferStatus running;
    running.setValue(KnownOfferStatus::eKnownOfferStatus::RUNNING);
    auto status = report->statusIsSet() ? report->getStatus() : "";
    auto isRunning = boost::iequals(status, running.toJson().as_string());
    return decoded(report->toJson(), {value::string(status), value::array(steps), value::boolean(isRunning)});
}

value list(const OffersApi &api, const std::string &publisher)
{
    auto offers = api.listOffers(publisher, "2017-10-31").get();
    std::vector<value> read;
    for (const auto &offer : offers)
        read.push_back(value::array({value::string(offer->getId()),
                                     offer->statusIsSet() ? value::string(offer->getStatus()) : value(),
                                     offer->versionIsSet() ? value::number(offer->getVersion()) : value(),
                                     offer->changedTimeIsSet() ? value::string(offer->getChangedTime()) : value()}));
    return decoded(ModelBase::toJson(offers), read);
}

// Decodes the body of an error response, because the generated client doesn't.
value errorResponse(const ApiException &e)
{
    std::error_code invalid;
    auto body = value::parse(*e.getContent(), invalid);
    ErrorResponse model;
    if (body.is_object())
        model.fromJson(body);

    value code, message;
    auto service = [&](const auto &error) {
        if (error->exceptionCodeIsSet()) code = value::string(error->getExceptionCode());
        if (error->errorIsSet()) message = value::string(error->getError());
    };
    if (model.messageIsSet()) message = value::string(model.getMessage());
    if (model.variantIsSet()) service(model.getVariant());
    if (model.productIsSet()) service(model.getProduct());
    auto error = model.errorIsSet() ? model.getError() : std::make_shared<ErrorDetail>();
    if (error->codeIsSet()) code = value::string(error->getCode());
    if (error->messageIsSet()) message = value::string(error->getMessage());
    auto failed = value::object({{"status", e.error_code().value()}, {"code", code}, {"message", message}});
    return value::object({{"error", failed}});
}

int main()
{
    auto api = connect(std::getenv("URL"), std::getenv("TOKEN"));
    for (std::string text; std::getline(std::cin, text);)
    {
        std::istringstream columns(text);
        std::string name, operation, publisher, offer;
        for (auto *column : {&name, &operation, &publisher, &offer})
            std::getline(columns, *column, '\t');
        value line;
        try
        {
            line = operation == "listOffers" ? list(api, publisher) : status(api, publisher, offer);
        }
        catch (const ApiException &e)
        {
            line = errorResponse(e);
        }
        catch (const std::exception &e)
        {
            auto what = typeid(e).name() + std::string(": ") + e.what();
            line["exception"] = value::string(what.substr(0, what.find('\n')));
        }
        line["case"] = value::string(name);
        std::cout << line.serialize() << '\n';
    }
    return 0;
}
