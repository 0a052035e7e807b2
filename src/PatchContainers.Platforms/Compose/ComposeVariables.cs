namespace PatchContainers.Platforms.Compose;

/// <summary>
/// The variables that a Compose file's text may name: those of the <c>.env</c> file in its folder, read when the first one is asked for.
/// </summary>
internal sealed class ComposeVariables(string composeFile)
{
    private IReadOnlyDictionary<string, string>? _values;
    private PatchException? _broken;

    /// <summary>The <c>.env</c> file, there or not.</summary>
    public string EnvFile { get; } = Path.Combine(Path.GetDirectoryName(composeFile) ?? string.Empty, ".env");

    /// <summary>Whether the file sets this variable.</summary>
    public bool Sets(string name) => Values.ContainsKey(name);

    /// <summary>Resolves a text; the fault names the variable and the file that fail it.</summary>
    public Interpolation.Result Resolve(string text)
    {
        var result = Interpolation.Resolve(text, name => Values.GetValueOrDefault(name));
        if (_broken is not null)
        {
            var names = string.Join(", ", result.Variables);
            var why = _broken.Message.TrimEnd('.');
            return result with { Fault = $"it needs the variable {names}, and the file that may set it cannot be read: {why}" };
        }

        if (result.Fault.Length > 0 || result.Unset.Count == 0)
        {
            return result;
        }

        var place = File.Exists(EnvFile) ? $"'{EnvFile}'" : $"'{EnvFile}', which is not there";
        var unset = string.Join(", ", result.Unset);
        return result with { Fault = $"it needs the variable {unset}, which has no default and is not set in {place}" };
    }

    /// <summary>Resolves a text whose faults do not matter; it then stays as it is.</summary>
    public string ResolveOrKeep(string text)
    {
        var result = Interpolation.Resolve(text, name => Values.GetValueOrDefault(name));
        return result.Fault.Length == 0 ? result.Value : text;
    }

    private IReadOnlyDictionary<string, string> Values
    {
        get
        {
            try
            {
                return _values ??= DotEnv.Load(EnvFile);
            }
            catch (PatchException e)
            {
                _broken = e;
                return _values = new Dictionary<string, string>();
            }
        }
    }
}
