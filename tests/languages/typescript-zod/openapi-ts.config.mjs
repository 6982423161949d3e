export default {
  plugins: [
    "@hey-api/client-fetch",
    "zod",
    { name: "@hey-api/sdk", validator: true },
    { name: "@hey-api/typescript", enums: "javascript" },
  ],
};
