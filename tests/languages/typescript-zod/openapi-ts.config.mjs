export default {
  input: process.env.CONTRACT ?? "cloud-partner-portal.yaml",
  output: process.env.CLIENT ?? "client",
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "zod", { name: "@hey-api/sdk", validator: true }],
};
