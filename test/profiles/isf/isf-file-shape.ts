/** A symbol file as `JSON.parse` gives it, as far as tests look at it. */
export interface IsfField {
  readonly offset: number;
  readonly anonymous?: boolean;
  readonly type: { readonly kind: string; readonly name?: string; readonly bit_position?: number };
}

export interface IsfFileShape {
  readonly base_types: Record<string, { readonly size: number } | undefined>;
  readonly user_types: Record<string, { readonly size: number; readonly fields: Record<string, IsfField> }>;
  readonly enums: Record<string, { readonly constants: Record<string, number> }>;
  readonly symbols: Record<string, { readonly address: number }>;
}
