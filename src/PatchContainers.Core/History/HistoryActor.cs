namespace PatchContainers.History;

/// <summary>Who decides.</summary>
public static class HistoryActor
{
    /// <summary>The environment variable that names the actor where the account would say nothing (a pipeline, a sandbox).</summary>
    public const string Variable = "PATCHCONTAINERS_ACTOR";

    /// <summary>What <see cref="Variable"/> says, else <c>user@host</c>.</summary>
    public static string Current() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } actor
        ? actor
        : $"{Environment.UserName}@{Environment.MachineName}";
}
