<?php
// The calls that every language makes, through the client; ../README.md says what goes in and what comes out.
// example: begin
use CloudPartnerPortal\Api\OffersApi;
use CloudPartnerPortal\ApiException;
use CloudPartnerPortal\Configuration;
use CloudPartnerPortal\Model\KnownOfferStatus;
use GuzzleHttp\Client;
// example: end

// Composer does this elsewhere.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    $file = getenv('CLIENT') . '/lib/' . str_replace(['CloudPartnerPortal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});

// example: begin
function connect(string $url, string $token): OffersApi
{
    $config = (new Configuration())->setHost($url)->setAccessToken($token);
    return new OffersApi(new Client(), $config);
}

function status(OffersApi $api, string $publisher, string $offer): array
{
    try {
        $report = $api->getOfferStatus($publisher, $offer, '2017-10-31');
        $steps = array_map(fn($step) => [$step->getId(), $step->getStatus()], $report->getSteps() ?? []);
        $running = strcasecmp($report->getStatus() ?? '', KnownOfferStatus::RUNNING) === 0;
        return ['answer' => $report, 'read' => [$report->getStatus(), $steps, $running]];
    } catch (ApiException $e) {
        return failure($e);
    }
}
// example: end

function offers(OffersApi $api, string $publisher): array
{
    try {
        $offers = $api->listOffers($publisher, '2017-10-31');
        $read = fn($offer) => [$offer->getId(), $offer->getStatus(), $offer->getVersion(), $offer->getChangedTime()];
        return ['answer' => $offers, 'read' => array_map($read, $offers)];
    } catch (ApiException $e) {
        return failure($e);
    }
}

function failure(ApiException $e): array
{
    if ($e->getCode() < 300) {
        throw $e; // no answer at all, or a success that can't be decoded
    }
    $said = $e->getResponseObject();
    $service = $said?->getProduct() ?? $said?->getVariant();
    $code = $said?->getError()?->getCode() ?? $service?->getExceptionCode();
    $message = $said?->getError()?->getMessage() ?? $service?->getError() ?? $said?->getMessage();
    return ['failure' => ['status' => $e->getCode(), 'code' => $code, 'message' => $message]];
}

$api = connect(getenv('URL'), getenv('TOKEN'));
while (($text = fgets(STDIN)) !== false) {
    $call = explode("\t", rtrim($text, "\r\n"));
    try {
        $line = $call[1] === 'listOffers' ? offers($api, $call[2]) : status($api, $call[2], $call[3]);
    } catch (Throwable $e) {
        $line = ['exception' => get_class($e) . ': ' . strtok($e->getMessage(), "\n")];
    }
    echo json_encode(['case' => $call[0]] + $line), "\n";
}
