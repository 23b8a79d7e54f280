// SPDX-License-Identifier: Apache-2.0
import {
  Content,
  Item,
  Label,
  RadioGroup,
  RadioItem,
  Root,
  Separator,
  Trigger,
} from "@radix-ui/react-dropdown-menu";
import { Icon } from "../parts/icon.tsx";
import { useMe, useSignOut } from "./session.ts";
import { type Theme, useTheme } from "./theme.ts";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Who is signed in; light and dark; the end of the session. */
export function PersonMenu({
  keyMap,
  keys,
}: {
  readonly keyMap: () => void;
  readonly keys: () => void;
}) {
  const me = useMe();
  const signOut = useSignOut();
  const [theme, setTheme] = useTheme();
  return (
    // Not modal: a modal one would write a style element into the page, which its policy refuses.
    <Root modal={false}>
      <Trigger className="quiet" aria-label={`${me.name}: menu`}>
        <Icon name="person" />
        <span className="narrow-hidden">{me.name}</span>
        <Icon name="down" />
      </Trigger>
      <Content className="menu" align="end" sideOffset={6}>
        <Label className="menu-label">
          {me.name} <code>{me.person}</code>
        </Label>
        <Item className="menu-item" onSelect={keys}>
          Your keys and sessions
        </Item>
        <Item className="menu-item" onSelect={keyMap}>
          Keyboard <kbd>?</kbd>
        </Item>
        <Separator className="menu-line" />
        <Label className="menu-label">Appearance</Label>
        <RadioGroup value={theme} onValueChange={(next) => setTheme(asTheme(next))}>
          {THEMES.map((one) => (
            <RadioItem key={one} className="menu-item" value={one}>
              {one === "system" ? "as the system" : one}
              {one === theme && <Icon name="check" />}
            </RadioItem>
          ))}
        </RadioGroup>
        <Separator className="menu-line" />
        <Item className="menu-item" onSelect={() => void signOut()}>
          Sign out
        </Item>
      </Content>
    </Root>
  );
}

const asTheme = (text: string): Theme => THEMES.find((theme) => theme === text) ?? "system";
