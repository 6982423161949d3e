// The calls that every language makes, through the client; ../README.md says what goes in and what comes out.

import { readFileSync } from "node:fs";
import { listOffers } from "./sdk.gen";
import type { ErrorResponse } from "./types.gen";
// example: begin
import { createClient, createConfig } from "./client";
import { getOfferStatus } from "./sdk.gen";
import { KnownOfferStatus } from "./types.gen";
// example: end

const url = process.env.URL!, token = process.env.TOKEN!;

// example: begin
const client = createClient(createConfig({ baseUrl: url, auth: token }));

async function status(publisherId: string, offerId: string) {
  const path = { publisherId, offerId }, query = { "api-version": "2017-10-31" };
  const { data: report, error, response } = await getOfferStatus({ client, path, query });
  if (!report) return failure(response?.status, error);
  const steps = (report.steps ?? []).map((step) => [step.id, step.status]);
  const running = report.status?.toLowerCase() === KnownOfferStatus.RUNNING.toLowerCase();
  return { answer: report, read: [report.status, steps, running] };
}
// example: end

async function offers(publisherId: string) {
  const path = { publisherId }, query = { "api-version": "2017-10-31" };
  const { data: offers, error, response } = await listOffers({ client, path, query });
  if (!offers) return failure(response?.status, error);
  const read = offers.map((offer) => [offer.id, offer.status, offer.version, offer.changedTime]);
  return { answer: offers, read };
}

function failure(status?: number, said?: ErrorResponse) {
  if (!status || said instanceof Error) throw said;
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
      line = { exception: `${(error as Error).name}: ${(error as Error).message.replace(/\s+/g, " ")}` };
    }
    console.log(JSON.stringify({ case: name, ...line }));
  }
}

main();
