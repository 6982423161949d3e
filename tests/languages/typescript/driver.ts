// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.

import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

const url = process.env.URL!, token = process.env.TOKEN!;

type Known = components["schemas"]["KnownOfferStatus"];
const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

async function status(publisherId: string, offerId: string) {
  const { data: report, error, response } = await api.GET(
    "/api/publishers/{publisherId}/offers/{offerId}/status",
    { params: { path: { publisherId, offerId }, query: { "api-version": "2017-10-31" } } },
  );
  if (!report) return errorResponse(response.status, error);
  const steps = (report.steps ?? []).map((step) => [step.id, step.status]);
  const running = report.status?.toLowerCase() === ("running" satisfies Known);
  return { decoded: report, read: [report.status, steps, running] };
}

async function offers(publisherId: string) {
  const { data: offers, error, response } = await api.GET("/api/publishers/{publisherId}/offers", {
    params: { path: { publisherId }, query: { "api-version": "2017-10-31" } },
  });
  if (!offers) return errorResponse(response.status, error);
  const read = offers.map((offer) => [offer.id, offer.status, offer.version, offer.changedTime]);
  return { decoded: offers, read };
}

function errorResponse(status: number, body?: components["schemas"]["ErrorResponse"]) {
  const inner = body?.Product ?? body?.Variant;
  const code = body?.error?.code ?? inner?.exceptionCode ?? null;
  const message = body?.error?.message ?? inner?.error ?? body?.Message ?? null;
  return { error: { status, code, message } };
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
