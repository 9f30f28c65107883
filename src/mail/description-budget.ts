import { maxDescribedAddresses, maxDescribedBytes, maxDescribedParameters } from './limits.ts';

/** What may still be described of one message. When one of the three is spent the description stops. */
export class DescriptionBudget {
  /** Octets of field values. */
  bytes = maxDescribedBytes;
  addresses = maxDescribedAddresses;
  parameters = maxDescribedParameters;

  get spent(): boolean {
    return this.bytes <= 0 || this.addresses <= 0 || this.parameters <= 0;
  }
}
