// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.

import { readFileSync } from "node:fs";
import { listOffers } from "./sdk.gen";
import type { ErrorResponse } from "./types.gen";
import { createClient, createConfig } from "./client";
import { getOfferStatus } from "./sdk.gen";
import { KnownOfferStatus } from "./types.gen";

const url = process.env.URL!, token = process.env.TOKEN!;

const client = createClient(createConfig({ baseUrl: url, auth: token }));

async function status(publisherId: string, offerId: string) {
  const path = { publisherId, offerId }, query = { "api-version": "2017-10-31" };
  const { data: report, error, response } = await getOfferStatus({ client, path, query });
  if (!report) return errorResponse(response?.status, error);
  const steps = (report.steps ?? []).map((step) => [step.id, step.status]);
  const running = report.status?.toLowerCase() === KnownOfferStatus.RUNNING.toLowerCase();
  return { decoded: report, read: [report.status, steps, running] };
}

async function offers(publisherId: string) {
  const path = { publisherId }, query = { "api-version": "2017-10-31" };
  const { data: offers, error, response } = await listOffers({ client, path, query });
  if (!offers) return errorResponse(response?.status, error);
  const read = offers.map((offer) => [offer.id, offer.status, offer.version, offer.changedTime]);
  return { decoded: offers, read };
}

function errorResponse(status?: number, body?: ErrorResponse) {
  if (!status || body instanceof Error) throw body;
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
      line = { exception: `${(error as Error).name}: ${(error as Error).message.replace(/\s+/g, " ")}` };
    }
    console.log(JSON.stringify({ case: name, ...line }));
  }
}

main();
