// The calls that every language makes, through the client; ../README.md says what goes in and what comes out.

import { readFileSync } from "node:fs";
// example: begin
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
// example: end

const url = process.env.URL!, token = process.env.TOKEN!;

// example: begin
type Known = components["schemas"]["KnownOfferStatus"];
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

async function status(publisherId: string, offerId: string) {
  const { data: report, error, response } = await api.GET(
    "/api/publishers/{publisherId}/offers/{offerId}/status",
    { params: { path: { publisherId, offerId }, query: { "api-version": "2017-10-31" } } },
  );
  if (!report) return failure(response.status, error);
  const steps = (report.steps ?? []).map((step) => [step.id, step.status]);
  const running = report.status?.toLowerCase() === ("running" satisfies Known);
  return { answer: report, read: [report.status, steps, running] };
}
// example: end

async function offers(publisherId: string) {
  const { data: offers, error, response } = await api.GET("/api/publishers/{publisherId}/offers", {
    params: { path: { publisherId }, query: { "api-version": "2017-10-31" } },
  });
  if (!offers) return failure(response.status, error);
  const read = offers.map((offer) => [offer.id, offer.status, offer.version, offer.changedTime]);
  return { answer: offers, read };
}

function failure(status: number, said?: components["schemas"]["ErrorResponse"]) {
  const inner = said?.Product ?? said?.Variant;
  const code = said?.error?.code ?? inner?.exceptionCode ?? null;
  const message = said?.error?.message ?? inner?.error ?? said?.Message ?? null;
  return { failure: { status, code, message } };
}

async function main() {
  for (const call of readFileSync(0, "utf8").trimEnd().split("\n")) {
    const [name, operation, publisher, offer] = call.split("\t");
    let line: object;
    try {
      line = operation === "listOffers" ? await offers(publisher) : await status(publisher, offer);
    } catch (error) {
      line = { exception: String(error).split("\n")[0] };
    }
    console.log(JSON.stringify({ case: name, ...line }));
  }
}

main();
