namespace PatchContainers.Packages;

/// <summary>A package that no verdict could be given on, and why. It is not fine: it is not known.</summary>
/// <param name="Package">The package's name, or the path where not even that is known.</param>
/// <param name="Version">The version as written; empty where it is not known.</param>
/// <param name="Reason">What stood in the way.</param>
public sealed record UnassessedPackage(string Package, string Version, string Reason);
