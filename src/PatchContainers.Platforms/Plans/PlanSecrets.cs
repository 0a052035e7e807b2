using System.Text.RegularExpressions;

namespace PatchContainers.Platforms.Plans;

/// <summary>Keys under which people write secrets.</summary>
internal static partial class PlanSecrets
{
    /// <summary>Whether a key would hold a secret.</summary>
    public static bool IsSecret(string name) => Names().IsMatch(name);

    /// <summary>What to say of one: the value is never quoted.</summary>
    public static string Message(string name) => $"'{name}' would put a secret into the plan, which anyone may read. Say where it is: "
        + "tokenFile or tokenEnv, user with passwordFile or passwordEnv, headerFile or headerEnv, in the gate that needs it.";

    [GeneratedRegex("(?i)^(access|bearer|auth|client|api)?[-_.]?(token|password|passwd|pwd|passphrase|secret|key|credentials?|authorization|bearer)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
