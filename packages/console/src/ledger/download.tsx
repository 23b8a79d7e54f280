// SPDX-License-Identifier: Apache-2.0

/** Gives bytes to the person as a file; the address lives only while the browser takes them. */
export function Download({
  bytes,
  name,
  label,
}: {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly label: string;
}) {
  const save = () => {
    const url = URL.createObjectURL(
      new Blob([new Uint8Array(bytes)], { type: "application/octet-stream" }),
    );
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" onClick={save}>
      {label}
    </button>
  );
}
