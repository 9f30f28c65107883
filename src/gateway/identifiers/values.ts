/** An individual identification number: 12 ASCII digits that were checked. See `parseIin`. */
export type Iin = string & { readonly brand: 'Iin' };

/** A business identification number: 12 ASCII digits that were checked. See `parseBin`. */
export type Bin = string & { readonly brand: 'Bin' };
