declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Names that live for ever: they stand in files and mean the same in every generation. */
export type UserId = Brand<string, 'UserId'>;
export type TrackId = Brand<string, 'TrackId'>;
export type ArtistId = Brand<string, 'ArtistId'>;

export const userId = (name: string): UserId => name as UserId;
export const trackId = (name: string): TrackId => name as TrackId;
export const artistId = (name: string): ArtistId => name as ArtistId;
