// SPDX-License-Identifier: Apache-2.0
import { peopleApi } from "@interlock/protocol";
import { useMemo } from "react";
import { useLoaded } from "../api/loaded.ts";
import type { Names } from "../change/shown.ts";

/** Names of persons by their ids; an id stands for itself until they are there. */
export function useNames(): Names {
  const people = useLoaded(peopleApi.people, {});
  return useMemo(() => {
    const list = people.kind === "there" ? people.value.people : [];
    const known = new Map(list.map(({ person, name }) => [person, name]));
    return (person) => known.get(person) ?? person;
  }, [people]);
}
