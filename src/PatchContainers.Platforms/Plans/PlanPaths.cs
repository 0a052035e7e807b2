namespace PatchContainers.Platforms.Plans;

/// <summary>Paths of plan files, which are relative to the file.</summary>
internal static class PlanPaths
{
    /// <summary>A path in full; null where it is none.</summary>
    public static string? Full(PlanMap map, string name, string path, string folder)
    {
        if (path.Contains('\0', StringComparison.Ordinal) || path.StartsWith('~'))
        {
            map.Fault(name, "This is no path: write it in full, or relative to the plan file; '~' has no meaning here.");
            return null;
        }

        return Path.GetFullPath(path, folder);
    }
}
