// SPDX-License-Identifier: Apache-2.0
import type { KnownGroup } from "./groups.ts";
import type { Known } from "./users.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

const time = (at: number): string => new Date(at).toISOString();

/** A user as SCIM shows one; `active` is whether the person is, whoever decided it. */
export function userResource({ user, person }: Known, base: string): object {
  const { id, userName, externalId, displayName, emails, createdAt, changedAt } = user;
  return {
    schemas: [USER],
    ...{ id, userName, active: person.active },
    ...(externalId === null ? {} : { externalId }),
    ...(displayName === null ? {} : { displayName, name: { formatted: displayName } }),
    emails: emails.map(({ email, type }) => ({ value: email, ...(type === null ? {} : { type }) })),
    meta: {
      ...{ resourceType: "User", created: time(createdAt), lastModified: time(changedAt) },
      location: `${base}/Users/${id}`,
    },
  };
}

export function groupResource(
  { group, members }: KnownGroup,
  base: string,
  withMembers: boolean,
): object {
  const { id, displayName, externalId, createdAt, changedAt } = group;
  const listed = members.map(({ user, userName }) => ({
    ...{ value: user, display: userName, $ref: `${base}/Users/${user}` },
  }));
  return {
    schemas: [GROUP],
    ...{ id, displayName },
    ...(externalId === null ? {} : { externalId }),
    ...(withMembers ? { members: listed } : {}),
    meta: {
      ...{ resourceType: "Group", created: time(createdAt), lastModified: time(changedAt) },
      location: `${base}/Groups/${id}`,
    },
  };
}

export const listResource = (
  resources: readonly object[],
  { total, startIndex }: { readonly total: number; readonly startIndex: number },
): object => ({
  schemas: [LIST],
  ...{ totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources },
});

export const SERVICE = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "Token",
      description: "a token for SCIM, which two people made",
    },
  ],
};

const resourceType = (name: string, endpoint: string, schema: string) => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
  ...{ id: name, name, endpoint, schema },
});

export const RESOURCE_TYPES = [
  resourceType("User", "/Users", USER),
  resourceType("Group", "/Groups", GROUP),
];

const attribute = (name: string, more: object = {}) => ({
  ...{ name, type: "string", multiValued: false, required: false, caseExact: false },
  ...{ mutability: "readWrite", returned: "default", uniqueness: "none" },
  ...more,
});

const VALUE = attribute("value", { required: true });

const schema = (id: string, name: string, attributes: readonly object[]) => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
  ...{ id, name, attributes },
});

/** What is kept of users and groups; all else that is sent changes nothing. */
export const SCHEMAS = [
  schema(USER, "User", [
    attribute("userName", { required: true, uniqueness: "server" }),
    attribute("externalId", { caseExact: true }),
    attribute("displayName"),
    attribute("active", { type: "boolean" }),
    attribute("emails", {
      ...{ type: "complex", multiValued: true },
      subAttributes: [VALUE, attribute("type")],
    }),
  ]),
  schema(GROUP, "Group", [
    attribute("displayName", { required: true, uniqueness: "server" }),
    attribute("externalId", { caseExact: true }),
    attribute("members", { type: "complex", multiValued: true, subAttributes: [VALUE] }),
  ]),
];
