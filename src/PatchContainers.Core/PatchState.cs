namespace PatchContainers;

/// <summary>Where state lies: advisories, cache, journal, history.</summary>
public sealed class PatchState
{
    /// <summary>The environment variable that names the folder where no parameter does.</summary>
    public const string HomeVariable = "PATCHCONTAINERS_HOME";

    /// <summary>Takes the folder named, else <c>PATCHCONTAINERS_HOME</c>, else the user's data folder. Nothing is created yet.</summary>
    /// <param name="path">The folder; null or empty for the default.</param>
    public PatchState(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            path = Environment.GetEnvironmentVariable(HomeVariable);
        }

        Root = Path.GetFullPath(string.IsNullOrEmpty(path)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "patchcontainers")
            : path);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The compiled advisories.</summary>
    public string Advisories => Path.Combine(Root, "advisories");

    /// <summary>What can be made again: layers by DiffID.</summary>
    public string Cache => Path.Combine(Root, "cache");

    /// <summary>The rollouts' journals, locks and the quarantine.</summary>
    public string Journal => Path.Combine(Root, "journal");

    /// <summary>The history's file.</summary>
    public string History => Path.Combine(Root, "history.jsonl");
}
