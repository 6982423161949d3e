<?php
require 'vendor/autoload.php';

use CloudPartnerPortal\Api\OffersApi;
use CloudPartnerPortal\Configuration;
use GuzzleHttp\Client;

$config = (new Configuration())->setHost(getenv('URL'))->setAccessToken(getenv('TOKEN'));
$api = new OffersApi(new Client(), $config);

foreach ($api->listOffers('contoso', '2017-10-31') as $offer) {
    echo $offer->getId(), ': ', $offer->getStatus(), "\n";
}

$report = $api->getOfferStatus('contoso', 'test-vm', '2017-10-31');
echo $report->getStatus(), "\n";
