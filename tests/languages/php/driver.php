<?php
// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.
require 'vendor/autoload.php';

use CloudPartnerPortal\Api\OffersApi;
use CloudPartnerPortal\ApiException;
use CloudPartnerPortal\Configuration;
use CloudPartnerPortal\Model\KnownOfferStatus;
use GuzzleHttp\Client;

function connect(string $url, string $token): OffersApi
{
    $config = (new Configuration())->setHost($url)->setAccessToken($token);
    return new OffersApi(new Client(), $config);
}

function status(OffersApi $api, string $publisher, string $offer): array
{
    $report = $api->getOfferStatus($publisher, $offer, '2017-10-31');
    $steps = array_map(fn($step) => [$step->getId(), $step->getStatus()], $report->getSteps() ?? []);
    $running = strcasecmp($report->getStatus() ?? '', KnownOfferStatus::RUNNING) === 0;
    return ['decoded' => $report, 'read' => [$report->getStatus(), $steps, $running]];
}

function offers(OffersApi $api, string $publisher): array
{
    $offers = $api->listOffers($publisher, '2017-10-31');
    $read = fn($offer) => [$offer->getId(), $offer->getStatus(), $offer->getVersion(), $offer->getChangedTime()];
    return ['decoded' => $offers, 'read' => array_map($read, $offers)];
}

function failure(Throwable $e): array
{
    if (!$e instanceof ApiException || $e->getCode() < 300) { // No response arrived, or a 2xx body can't be decoded.
        return ['exception' => get_class($e) . ': ' . strtok($e->getMessage(), "\n")];
    }
    $body = $e->getResponseObject();
    $service = $body?->getProduct() ?? $body?->getVariant();
    $code = $body?->getError()?->getCode() ?? $service?->getExceptionCode();
    $message = $body?->getError()?->getMessage() ?? $service?->getError() ?? $body?->getMessage();
    return ['error' => ['status' => $e->getCode(), 'code' => $code, 'message' => $message]];
}

$api = connect(getenv('URL'), getenv('TOKEN'));
while (($text = fgets(STDIN)) !== false) {
    $call = explode("\t", rtrim($text, "\r\n"));
    try {
        $line = $call[1] === 'listOffers' ? offers($api, $call[2]) : status($api, $call[2], $call[3]);
    } catch (Throwable $e) {
        $line = failure($e);
    }
    echo json_encode(['case' => $call[0]] + $line), "\n";
}
