namespace PatchContainers.TestKit;

/// <summary>Data of other projects and of distributions, in the folder that <c>PATCHCONTAINERS_CONFORMANCE</c> names.</summary>
public static class ConformanceData
{
    /// <summary>The variable's name.</summary>
    public const string Variable = "PATCHCONTAINERS_CONFORMANCE";

    /// <summary>Why a test that needs the data is skipped.</summary>
    public const string SkipReason = $"{Variable} names no folder with conformance data.";

    /// <summary>The path of a file or folder of the data; null where the variable is not set or the data lacks it.</summary>
    /// <param name="parts">The path's parts below the folder.</param>
    public static string? Find(params string[] parts)
    {
        var root = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(root))
        {
            return null;
        }

        var path = Path.Combine([root, .. parts]);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }
}
