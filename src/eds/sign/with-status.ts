import { der } from '../asn1/der.ts';
import { Fields } from '../asn1/fields.ts';
import type { Asn1Node } from '../asn1/node.ts';
import { readAsn1 } from '../asn1/read-asn1.ts';
import { oidOf } from '../asn1/values.ts';
import { unwrap } from '../cms/unwrap.ts';
import { oids } from '../oids.ts';
import { Refusal } from '../refusal.ts';
import { basicOcspOf } from '../revocation/ocsp-response.ts';
import { attribute } from './cms-der.ts';

/**
 * A CMS of one signer with an OCSP answer kept beside the signature, so that the status stays known when the responder
 * is gone; another one that was there is replaced, since whoever sent the file put it there. What is signed stays as it
 * came, octet by octet. Throws `parse`. ETSI EN 319 122-1 A.1.2.2.
 */
export function withStatus(cms: Uint8Array, ocspResponse: Uint8Array): Buffer {
  const status = attribute(
    oids.revocationValues,
    der.sequence(der.context(1, der.sequence(basicOcspOf(ocspResponse)))),
  );
  const [type, explicit] = readAsn1(unwrap(cms)).children;
  if (type === undefined || explicit === undefined) throw new Refusal('parse', 'ContentInfo');
  const data = explicit.only('content').children;
  const signers = data.at(-1);
  if (signers === undefined) throw new Refusal('parse', 'SignedData');
  return der.sequence(
    type.raw,
    der.context(
      0,
      der.sequence(
        ...data.slice(0, -1).map((field) => field.raw),
        der.setOf(withAttribute(signers.only('signerInfos'), status)),
      ),
    ),
  );
}

/** SignerInfo ends with `unsignedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL`, RFC 5652 5.3. */
function withAttribute(signer: Asn1Node, added: Uint8Array): Buffer {
  const last = signer.children.at(-1);
  const hasUnsigned = last?.tagClass === 'context' && last.tag === 1;
  const kept = (hasUnsigned ? last.children : [])
    .filter(
      (one) =>
        oidOf(Fields.sequence(one, 'Attribute').next(), 'attrType') !== oids.revocationValues,
    )
    .map((one) => one.raw);
  const set = der.setOf(...kept, added);
  // The identifier octet alone says that the SET is the field [1].
  set[0] = 0xa1;
  const fields = hasUnsigned ? signer.children.slice(0, -1) : signer.children;
  return der.sequence(...fields.map((field) => field.raw), set);
}
