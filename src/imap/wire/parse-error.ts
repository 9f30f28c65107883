/** The octets are not what the grammar allows. The client is answered BAD with this message. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}
