import { fileURLToPath } from "node:url";

/** Path of the null server's certificate and of its key, which are public: what vouches for it in a calibration, and for nothing else. */
export const nullPem = fileURLToPath(new URL("./null-server.pem", import.meta.url));
