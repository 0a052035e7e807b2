namespace PatchContainers.Repositories.Apt;

/// <summary>A package that an apt repository offers.</summary>
/// <param name="Name">The binary package's name.</param>
/// <param name="Version">The version as written.</param>
/// <param name="Architecture">The architecture; <c>all</c> for any.</param>
/// <param name="SourceName">The source package's name.</param>
/// <param name="SourceVersion">The source package's version.</param>
public sealed record AptPackage(string Name, string Version, string Architecture, string SourceName, string SourceVersion);
