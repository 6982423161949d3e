export default {
  input: process.env.CONTRACT ?? "cloud-partner-portal.yaml",
  output: process.env.CLIENT ?? "client",
  plugins: [
    "@hey-api/client-fetch",
    "zod",
    { name: "@hey-api/sdk", validator: true },
    { name: "@hey-api/typescript", enums: "javascript" },
  ],
};
