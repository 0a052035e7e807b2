using PatchContainers.Images;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning;

/// <summary>One platform of an image, as a scanner outside is told of it.</summary>
/// <param name="Image">The image in the registry, layout, archive or engine where it lies, pinned to the platform's manifest.</param>
/// <param name="Platform">The platform.</param>
/// <param name="Login">The login for its registry; null for none.</param>
/// <param name="IsInsecure">Whether its registry is spoken to without TLS.</param>
internal sealed record ScannedSource(ImageReference Image, Platform Platform, RegistryCredential? Login, bool IsInsecure);
