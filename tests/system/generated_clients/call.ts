// Code that a caller writes with the generated types. It is only type-checked.
import type { components, paths } from "./contract";

type CreateUser = paths["/users"]["post"];

// No optional member is required.
const request: CreateUser["requestBody"]["content"]["application/json"] = {
  username: "alice",
  firstName: "Alice",
  lastName: "Archer",
  email: "alice@example.com",
};

// The status is a closed set for requests.
const token: components["schemas"]["RegisterOtpTokenRequest"] = { status: "valid", validitySeconds: null };

// @ts-expect-error: not a status
const wrong: components["schemas"]["RegisterOtpTokenRequest"] = { status: "lost" };

// The codes of problems are an open set, on every status.
type Problem = CreateUser["responses"]["default"]["content"]["application/problem+json"];
const problem: Problem = {
  type: "urn:centagate-gateway:problem:a-later-problem",
  title: "",
  status: 499,
  detail: "",
  code: "a_later_problem",
  requestId: "",
};

type Created = CreateUser["responses"][201]["content"]["application/json"];
export function id(created: Created): string | null {
  return created.centagateId;
}

export const used = [request, token, wrong, problem];
