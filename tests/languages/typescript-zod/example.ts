import { createClient, createConfig } from "./client";
import { getOfferStatus, listOffers } from "./sdk.gen";

const client = createClient(createConfig({ baseUrl: process.env.URL, auth: process.env.TOKEN }));
const query = { "api-version": "2017-10-31" };

async function main() {
  const offers = await listOffers({ client, path: { publisherId: "contoso" }, query, throwOnError: true });
  for (const offer of offers.data) console.log(`${offer.id}: ${offer.status}`);

  const path = { publisherId: "contoso", offerId: "test-vm" };
  const report = await getOfferStatus({ client, path, query, throwOnError: true });
  console.log(report.data.status);
}

main();
