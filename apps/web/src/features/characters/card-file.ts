/** The longest picture that a call can take without its image, in bytes: base64 is a third longer, and a body has 2 MB. */
const maxBytes = 1_400_000;

/** Reads a card's file as the call takes it: JSON as it is, of a picture only what may hold a card. @throws Error that says what is wrong */
export async function readCardFile(file: Blob): Promise<{ card: Record<string, unknown> } | { png: string }> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  // Every PNG begins with this byte, and no JSON does.
  if (bytes[0] !== 0x89) {
    try {
      return { card: JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown> };
    } catch {
      throw new Error('Choose a card: a PNG, or a JSON file.');
    }
  }
  const light = withoutImage(bytes);
  if (light.length > maxBytes) throw new Error('This picture has too much in it beside its image.');
  let text = '';
  for (let at = 0; at < light.length; at += 8_192) text += String.fromCharCode(...light.subarray(at, at + 8_192));
  return { png: btoa(text) };
}

/** A PNG without its image, which the server has no use for. What is no whole PNG stays as it is: the server says what is wrong. */
export function withoutImage(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const kept = [png.subarray(0, 8)];
  for (let at = 8; at < png.length;) {
    if (at + 12 > png.length) return png;
    const end = at + 12 + view.getUint32(at);
    if (end > png.length) return png;
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type !== 'IDAT') kept.push(png.subarray(at, end));
    at = end;
  }
  const light = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    light.set(part, at);
    at += part.length;
  }
  return light;
}
