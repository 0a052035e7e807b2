namespace PatchContainers.Cli.Demo;

/// <summary>Paths and words as a person types them into the shell at hand.</summary>
internal static class DemoPath
{
    private const string Plain = "-_./:=,@%+~\\";

    /// <summary>A path from the current folder where that is shorter, else in full.</summary>
    public static string Show(string path)
    {
        if (!Path.IsPathRooted(path))
        {
            return path;
        }

        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>A program's path; a bare name would be looked up in PATH, so one in the current folder is written <c>./name</c>.</summary>
    public static string ShowProgram(string path)
    {
        var shown = Show(path);
        return shown == Path.GetFileName(shown) && Path.IsPathRooted(path) ? $".{Path.DirectorySeparatorChar}{shown}" : shown;
    }

    /// <summary>A word, in single quotes where a shell would take it apart; sh and PowerShell read these alike.</summary>
    public static string Quote(string word) => word.Length > 0
        && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
        ? word
        : "'" + word.Replace("'", OperatingSystem.IsWindows() ? "''" : "'\\''", StringComparison.Ordinal) + "'";
}
