// SPDX-License-Identifier: Apache-2.0
import { Link, Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { Icon } from "../parts/icon.tsx";
import { Show } from "../parts/states.tsx";
import { type Command, useCommands } from "./commands.ts";
import { KeyMap } from "./key-map.tsx";
import { useKeys } from "./keys.ts";
import { ACTS, ALL_PAGES, PAGES, type PagePath } from "./pages.ts";
import { Palette } from "./palette.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { ReadsOnly } from "./reads-only.tsx";
import { MeContext, useSession, useSignOut, useSite } from "./session.ts";
import { useTheme } from "./theme.ts";

/** Everything around a page, for whoever is signed in; all others are led to where they can sign in. */
export function Shell() {
  const session = useSession();
  const site = useSite();
  const router = useRouter();
  const signedOut = session.kind === "failed" && session.failure.code === "SIGN_IN_NEEDED";
  useEffect(() => {
    // Where one is, looked up once: the way to the sign-in must not become the place to come back to.
    const search = { back: router.state.location.href };
    if (signedOut) void router.navigate({ to: "/sign-in", search, replace: true });
  }, [signedOut, router]);
  if (signedOut) return null;
  if (session.kind !== "there")
    return (
      <main className="bare-page">
        <Show of={session} what="who is signed in">
          {() => null}
        </Show>
      </main>
    );
  return (
    <MeContext value={session.value}>
      <Frame organisation={site.kind === "there" ? (site.value.tenant ?? "") : ""} />
    </MeContext>
  );
}

type Layer = "none" | "palette" | "key-map";

function Frame({ organisation }: { readonly organisation: string }) {
  const [layer, setLayer] = useState<Layer>("none");
  const navigate = useNavigate();
  const acts = useMemo(
    () => ({
      palette: () => setLayer("palette"),
      keyMap: () => setLayer("key-map"),
      go: (path: PagePath) => void navigate({ to: path }),
    }),
    [navigate],
  );
  useKeys(acts);
  useShellCommands(acts);
  const close = () => setLayer("none");
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <Link to="/" className="brand" aria-label={`Interlock, ${organisation}: home`}>
          <img src="/icon.svg" alt="" width="22" height="22" />
          <span className="narrow-hidden">{organisation}</span>
        </Link>
        <nav className="pages" aria-label="pages">
          {PAGES.map(({ path, name }) => (
            <Link
              key={path}
              to={path}
              activeProps={{ "aria-current": "page" }}
              activeOptions={{ exact: path === "/" }}
            >
              {name}
            </Link>
          ))}
        </nav>
        <button type="button" className="quiet find" onClick={acts.palette}>
          <Icon name="search" />
          <span className="narrow-hidden">Find</span>
          <kbd>Ctrl K</kbd>
        </button>
        <PersonMenu keyMap={acts.keyMap} keys={() => acts.go("/keys")} />
      </header>
      <main id="main" tabIndex={-1}>
        <ReadsOnly />
        <Outlet />
      </main>
      {layer === "palette" && <Palette onClose={close} />}
      {layer === "key-map" && <KeyMap onClose={close} />}
    </>
  );
}

function useShellCommands(acts: Parameters<typeof useKeys>[0]): void {
  const [, setTheme] = useTheme();
  const signOut = useSignOut();
  const commands = useMemo(
    (): readonly Command[] => [
      ...ALL_PAGES.map(({ path, name, says, letter }) => ({
        ...{ name, says, keys: `g ${letter}` },
        run: () => acts.go(path),
      })),
      ...ACTS.map(({ path, name, says }) => ({ name, says, run: () => acts.go(path) })),
      { name: "Keyboard", says: "what keys do", keys: "?", run: acts.keyMap },
      { name: "Light", says: "appearance", run: () => setTheme("light") },
      { name: "Dark", says: "appearance", run: () => setTheme("dark") },
      { name: "As the system", says: "appearance", run: () => setTheme("system") },
      { name: "Sign out", says: "end this session", run: () => void signOut() },
    ],
    [acts, setTheme, signOut],
  );
  useCommands(commands);
}
