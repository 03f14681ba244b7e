import { expect, test } from 'vitest';
import { readCardFile, withoutImage } from './card-file.js';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const chunk = (type: string, data: number[]): number[] => [
  0,
  0,
  0,
  data.length,
  ...[...type].map((c) => c.charCodeAt(0)),
  ...data,
  1,
  2,
  3,
  4,
];

test('of a picture all goes to the server but the image', async () => {
  const text = chunk('tEXt', [99, 0, 1]);
  const png = new Uint8Array([...signature, ...chunk('IHDR', [1]), ...chunk('IDAT', [7, 7, 7]), ...text, ...chunk('IEND', [])]);
  const light = [...signature, ...chunk('IHDR', [1]), ...text, ...chunk('IEND', [])];
  expect([...withoutImage(png)]).toEqual(light);
  expect(await readCardFile(new Blob([png]))).toEqual({ png: btoa(String.fromCharCode(...light)) });
});

test('what is no whole picture goes as it is, JSON as JSON, and anything else is refused', async () => {
  const cut = new Uint8Array([...signature, 0, 0, 0, 99, 73]);
  expect(withoutImage(cut)).toBe(cut);
  expect(await readCardFile(new Blob(['{"name":"Mo"}']))).toEqual({ card: { name: 'Mo' } });
  await expect(readCardFile(new Blob(['GIF89a']))).rejects.toThrow('Choose a card: a PNG, or a JSON file.');
});
