/**
 * Whether the tests may not do without a server: ZHASHIK_REQUIRE names those, with commas between, and turns what would
 * be skipped into a failure.
 */
export function isRequired(server: 'mongo' | 'redis', environment = process.env): boolean {
  return environment['ZHASHIK_REQUIRE']?.split(',').includes(server) ?? false;
}
