// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useEffect, useId, useRef } from "react";

/**
 * A layer that `Esc` leaves. The browser's own: it keeps the focus inside, makes the rest inert and
 * gives the focus back, and writes no styles into the page as libraries for this do (UI4).
 */
export function Dialog(given: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** The title is for those who cannot see; what is in the dialog says it to the others. */
  readonly titleHidden?: boolean;
}) {
  const { title, onClose, children, titleHidden } = given;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it, as Esc does
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialog-body">
        <h2 id={id} className={titleHidden === true ? "hidden" : undefined}>
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
