namespace PatchContainers.Cli;

/// <summary>The command line parses, and still does not say enough, or says two things at once.</summary>
internal sealed class UsageException(string message) : Exception(message);
