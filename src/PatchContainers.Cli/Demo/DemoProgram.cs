using System.Reflection;

namespace PatchContainers.Cli.Demo;

/// <summary>How this program is started from the shell that the demo was started from.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Arguments">The words in front of the verb: the assembly, where the executable is <c>dotnet</c>.</param>
internal sealed record DemoProgram(string FileName, IReadOnlyList<string> Arguments)
{
    private const string Name = "patchcontainers";

    /// <summary>This program.</summary>
    public static DemoProgram Current()
    {
        var process = Environment.ProcessPath ?? Name;
        var assembly = Assembly.GetExecutingAssembly().Location;
        if (Path.GetFileNameWithoutExtension(process).Equals(Name, StringComparison.OrdinalIgnoreCase))
        {
            return new DemoProgram(process, []);
        }

        // Started as `dotnet patchcontainers.dll`, or from within a test: the program lies beside its assembly.
        var beside = Path.Combine(Path.GetDirectoryName(assembly) ?? string.Empty, OperatingSystem.IsWindows() ? Name + ".exe" : Name);
        return File.Exists(beside) ? new DemoProgram(beside, []) : new DemoProgram("dotnet", [assembly]);
    }

    /// <summary>What to type: the plain name where PATH leads to this very program, else the path from the current folder.</summary>
    public string ToShell()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, Path.GetFileName(FileName)))
            .FirstOrDefault(File.Exists);
        var words = onPath is not null && Path.GetFullPath(onPath) == Path.GetFullPath(FileName)
            ? [Path.GetFileName(FileName)]
            : Arguments.Select(DemoPath.Show).Prepend(DemoPath.ShowProgram(FileName));
        return string.Join(' ', words.Select(DemoPath.Quote));
    }
}
