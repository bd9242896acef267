// Reads the text of a workbook: enough of ZIP for XLSX.

import { inflateRawSync } from "node:zlib";

/** All files of an archive as one text. */
export function textOfZip(bytes) {
  const data = Buffer.from(bytes);
  const end = data.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) return data.toString("utf8");
  let at = data.readUInt32LE(end + 16);
  const count = data.readUInt16LE(end + 10);
  let text = "";
  for (let n = 0; n < count; n += 1) {
    const method = data.readUInt16LE(at + 10);
    const packed = data.readUInt32LE(at + 20);
    const [name, extra, comment] = [28, 30, 32].map((offset) => data.readUInt16LE(at + offset));
    const local = data.readUInt32LE(at + 42);
    const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
    const body = data.subarray(start, start + packed);
    text += (method === 8 ? inflateRawSync(body) : body).toString("utf8");
    at += 46 + name + extra + comment;
  }
  return text;
}
