import createClient from "openapi-fetch";
import type { paths } from "./schema";

const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
const api = createClient<paths>({ baseUrl: process.env.URL, headers });
const query = { "api-version": "2017-10-31" };

async function main() {
  const list = await api.GET("/api/publishers/{publisherId}/offers", {
    params: { path: { publisherId: "contoso" }, query },
  });
  if (!list.data) throw new Error(`HTTP status ${list.response.status}`);
  for (const offer of list.data) console.log(`${offer.id}: ${offer.status}`);

  const report = await api.GET("/api/publishers/{publisherId}/offers/{offerId}/status", {
    params: { path: { publisherId: "contoso", offerId: "test-vm" }, query },
  });
  if (!report.data) throw new Error(`HTTP status ${report.response.status}`);
  console.log(report.data.status);
}

main();
