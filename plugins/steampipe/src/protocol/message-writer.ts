/**
 * Messages of protocol buffers, field by field. What is sent and received is small and known, but for rows, which are
 * many: code that a compiler makes of a schema would take several times as long for those.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Writes the fields of one message. */
export type WriteFields = (writer: MessageWriter) => void

/** A writer of fields. As in proto3, a field with the zero value of its type is left out. */
export class MessageWriter {
  readonly #writer = new BinaryWriter()

  static write(fields: WriteFields): Uint8Array {
    const writer = new MessageWriter()
    fields(writer)
    return writer.#writer.finish()
  }

  string(field: number, value: string): this {
    return value === '' ? this : this.presentString(field, value)
  }

  /** A member of a oneof, or of a list: an empty one counts. */
  presentString(field: number, value: string): this {
    this.#writer.tag(field, WireType.LengthDelimited).string(value)
    return this
  }

  int64(field: number, value: number | bigint): this {
    return Number(value) === 0 ? this : this.presentInt64(field, value)
  }

  presentInt64(field: number, value: number | bigint): this {
    this.#writer.tag(field, WireType.Varint).int64(value)
    return this
  }

  presentBool(field: number, value: boolean): this {
    this.#writer.tag(field, WireType.Varint).bool(value)
    return this
  }

  presentDouble(field: number, value: number): this {
    this.#writer.tag(field, WireType.Bit64).double(value)
    return this
  }

  float(field: number, value: number): this {
    if (value !== 0) this.#writer.tag(field, WireType.Bit32).float(value)
    return this
  }

  message(field: number, fields: WriteFields): this {
    this.#writer.tag(field, WireType.LengthDelimited).fork()
    fields(this)
    this.#writer.join()
    return this
  }

  /** An entry of a map whose keys are texts: https://protobuf.dev/programming-guides/proto3/#maps */
  entry(field: number, key: string, value: WriteFields): this {
    return this.message(field, (entry) => entry.string(1, key).message(2, value))
  }
}
